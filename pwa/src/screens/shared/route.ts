/** Which screen is shown: the part of the address after #. */

import { useLayoutEffect, useState } from 'preact/hooks';
import type { Step } from '../../db/schema';

export type Route =
  | { screen: 'tasks' }
  /** `finished_id`: the capture that was just put there. */
  | { screen: 'outbox'; finished_id?: string }
  | { screen: 'me' }
  | { screen: 'plots' }
  | { screen: 'sign-in' }
  | { screen: 'unlock'; user_id: string }
  | { screen: 'pin' }
  | { screen: 'check' }
  | { screen: 'add' }
  | { screen: 'install' }
  | { screen: 'plot'; plot_id: string }
  | { screen: 'capture'; capture_id: string; step: Step };

const STEPS: readonly string[] = ['boundary', 'photos', 'counts', 'standards', 'confirm'] satisfies Step[];

export function parseRoute(hash: string): Route {
  const [screen, id, step] = hash.replace(/^#\/?/, '').split('/');
  switch (screen) {
    case 'outbox': return id ? { screen, finished_id: id } : { screen };
    case 'me': case 'plots': case 'sign-in': case 'pin': case 'check': case 'add': case 'install': return { screen };
  }
  if (screen === 'unlock' && id) return { screen, user_id: id };
  if (screen === 'plot' && id) return { screen, plot_id: id };
  if (screen === 'capture' && id) {
    return { screen, capture_id: id, step: step && STEPS.includes(step) ? (step as Step) : 'boundary' };
  }
  return { screen: 'tasks' };
}

export function hrefOf(route: Route): string {
  switch (route.screen) {
    case 'unlock': return `#/unlock/${route.user_id}`;
    case 'plot': return `#/plot/${route.plot_id}`;
    case 'capture': return `#/capture/${route.capture_id}/${route.step}`;
    case 'outbox': return route.finished_id ? `#/outbox/${route.finished_id}` : '#/outbox';
    default: return `#/${route.screen}`;
  }
}

export function go(route: Route, replace = false): void {
  if (replace) location.replace(hrefOf(route));
  else location.hash = hrefOf(route);
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  // At once, not after the next frame: an address that changes before that would never be followed.
  useLayoutEffect(() => {
    const follow = () => { setHash(location.hash); };
    addEventListener('hashchange', follow);
    return () => { removeEventListener('hashchange', follow); };
  }, []);
  return parseRoute(hash);
}
