/**
 * The device id beside the database: browsers that evict a site's storage leave its cookies. So a phone whose captures
 * are gone still knows which phone it is, and the server can say what it once told of.
 */

const NAME = 'yanshou_device';
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** The longest browsers keep a cookie. */
const KEPT_FOR_S = 400 * 24 * 60 * 60;

export function rememberedDeviceId(): string | null {
  const found = document.cookie.split('; ').find((each) => each.startsWith(`${NAME}=`))?.slice(NAME.length + 1);
  return found && UUID.test(found) ? found : null;
}

export function rememberDeviceId(id: string): void {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${NAME}=${id}; Path=/m/; Max-Age=${KEPT_FOR_S}; SameSite=Strict${secure}`;
}
