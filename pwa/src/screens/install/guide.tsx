import { t } from '../../text';

/** How the app gets onto the home screen; both systems, for people help each other. */
export function InstallGuide({ apple_first }: { apple_first: boolean }) {
  const apple = (
    <section class="card" key="apple">
      <h2>iPhone / iPad</h2>
      <ol class="numbered">
        <li>{t('用 Safari 打开本页')}</li>
        <li>{t('点底部的分享按钮（方框和向上的箭头）')}</li>
        <li>{t('选“添加到主屏幕”，再点“添加”')}</li>
        <li>{t('以后从主屏幕的图标打开；浏览器里的内容不会带过去，请先上传完')}</li>
      </ol>
    </section>
  );
  const android = (
    <section class="card" key="android">
      <h2>{t('安卓手机')}</h2>
      <ol class="numbered">
        <li>{t('用 Chrome、Edge 或手机自带浏览器打开本页')}</li>
        <li>{t('点右上角或底部的菜单')}</li>
        <li>{t('选“添加到主屏幕”或“安装应用”')}</li>
        <li>{t('如果提示没有权限，在系统设置里允许浏览器“创建桌面快捷方式”')}</li>
      </ol>
    </section>
  );
  return <>{apple_first ? [apple, android] : [android, apple]}</>;
}
