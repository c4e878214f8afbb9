import { useState } from 'preact/hooks';
import { isApple, type Hindrance } from '../../device/browser';
import { t } from '../../text';
import { InstallGuide } from './guide';

function whyOf(hindrance: Hindrance): { title: string; text: string } {
  switch (hindrance) {
    case 'wechat': return {
      title: t('请在浏览器中打开后验收'),
      text: t('微信等应用里的网页会被一起清理，离线验收的内容可能丢失。'),
    };
    case 'insecure': return { title: t('网址不安全'), text: t('验收要用 https 开头的网址，请核对后重新打开。') };
    case 'old': return { title: t('这个浏览器不能离线验收'), text: t('请用 Chrome、Edge、Safari 或手机自带浏览器的新版本打开，不要用无痕模式。') };
  }
}

/** Shown instead of the app where a capture could be lost: how to come to a browser that keeps it. */
export function UnsupportedScreen({ hindrance }: { hindrance: Hindrance }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  const { title, text } = whyOf(hindrance);
  const address = location.origin + '/m/';

  async function copy() {
    try {
      await navigator.clipboard.writeText(address);
      setCopied(true);
    } catch {
      setCopied(false);
    }
  }

  return (
    <div class="screen">
      <header class="bar"><div class="bar-title"><h1>{t('验收')}</h1></div></header>
      <main class="content" tabIndex={0} data-testid="unsupported" data-why={hindrance}>
        <section class="card open-elsewhere">
          <h2>{title}</h2>
          <p>{text}</p>
          {hindrance === 'wechat' && (
            <ol class="numbered">
              <li>{t('点右上角的 ···')}</li>
              <li>{isApple(navigator.userAgent) ? t('选“在 Safari 中打开”或“在默认浏览器中打开”') : t('选“在浏览器打开”')}</li>
            </ol>
          )}
          <p class="address">{address}</p>
          <button type="button" class="button button-main" data-testid="copy-address" onClick={() => void copy()}>{t('复制网址')}</button>
          <p role="status">{copied === true ? t('已复制，请到浏览器里粘贴打开') : copied === false ? t('没能复制，请长按上面的网址复制') : ''}</p>
          <figure class="qr">
            <img src="/m/address.svg" width="200" height="200" alt={t('本页网址的二维码')} />
            <figcaption>{t('也可以用另一台手机的浏览器扫码打开')}</figcaption>
          </figure>
        </section>
        <InstallGuide apple_first={isApple(navigator.userAgent)} />
      </main>
    </div>
  );
}
