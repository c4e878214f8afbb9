import { isApple, isInstalled } from '../../device/browser';
import { useObserved } from '../../state/observable';
import { t } from '../../text';
import { useApp } from '../shared/context';
import { Frame } from '../shared/frame';
import { InstallGuide } from './guide';

export function InstallScreen() {
  const app = useApp();
  useObserved(app);
  return (
    <Frame title={t('添加到主屏幕')} back={{ screen: 'me' }}>
      {isInstalled() && <p class="panel panel-pass apart">{t('现在就是从主屏幕打开的。')}</p>}
      <p class="lead">{t('从主屏幕打开，系统不会随意清除还没上传的内容。')}</p>
      <InstallGuide apple_first={isApple(navigator.userAgent)} />
      {app.persisted === false && (
        <button type="button" class="button button-quiet button-main" data-testid="protect" onClick={() => void app.protectStorage()}>
          {t('请浏览器保护存储')}
        </button>
      )}
    </Frame>
  );
}
