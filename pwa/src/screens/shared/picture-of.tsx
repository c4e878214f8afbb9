/** A picture from one of the phone's stores; its bytes are let go when it leaves the screen. */

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export function PictureOf({ of, media_type = 'image/jpeg', class: name, alt, otherwise = null }: {
  /** Must stay the same function for the same picture. */
  of: () => Promise<ArrayBuffer | null>;
  media_type?: string;
  class: string;
  alt: string;
  /** Shown while and where there is no such picture. */
  otherwise?: ComponentChildren;
}) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let left = false;
    void of().then((bytes) => {
      if (!bytes || left) return;
      made = URL.createObjectURL(new Blob([bytes], { type: media_type }));
      setUrl(made);
    }, () => undefined);
    return () => {
      left = true;
      setUrl(null);
      if (made) URL.revokeObjectURL(made);
    };
  }, [of, media_type]);
  return url ? <img class={name} src={url} alt={alt} /> : <>{otherwise}</>;
}
