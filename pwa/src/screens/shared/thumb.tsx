import { useEffect, useState } from 'preact/hooks';
import { thumbBytes } from '../../db/captures';
import { useAccount } from './context';

export function Thumb({ photo_id, alt }: { photo_id: string; alt: string }) {
  const account = useAccount();
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let left = false;
    void thumbBytes(account.db, photo_id).then((bytes) => {
      if (!bytes || left) return;
      made = URL.createObjectURL(new Blob([bytes], { type: 'image/jpeg' }));
      setUrl(made);
    });
    return () => {
      left = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [photo_id, account]);
  return url ? <img class="thumb" src={url} alt={alt} /> : <span class="thumb" />;
}
