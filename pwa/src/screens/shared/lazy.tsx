/** Screens that come in a chunk of their own, fetched when they are opened first; the service worker keeps them. */

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../text';

export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let Loaded: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [, show] = useState(0);
    const [failed, setFailed] = useState(false);
    const open = () => {
      setFailed(false);
      load().then(
        (found) => {
          Loaded = found;
          show((n) => n + 1);
        },
        () => { setFailed(true); },
      );
    };
    useEffect(() => { if (!Loaded) open(); }, []);
    if (Loaded) return <Loaded {...props} />;
    if (!failed) return <main class="empty"><h1>{t('正在打开…')}</h1></main>;
    return (
      <main class="empty">
        <h1>{t('这一页没有下载完')}</h1>
        <p role="alert">{t('连上网络后再试；已保存的内容都在手机里。')}</p>
        <button type="button" class="button button-main" onClick={open}>{t('重试')}</button>
      </main>
    );
  };
}
