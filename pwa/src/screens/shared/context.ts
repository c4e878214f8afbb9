/** The app, for every screen. */

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Account } from '../../state/account';
import type { App } from '../../state/app';

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('no app around this screen');
  return app;
}

/** Screens behind the sign-in always have an account. */
export function useAccount(): Account {
  const { account } = useApp();
  if (!account) throw new Error('nobody is signed in');
  return account;
}
