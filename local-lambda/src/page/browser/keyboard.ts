// Keys of the page. None of them works while a text is typed, but Escape and the arrows in the search.
import { useEffect, useRef } from 'preact/hooks';

export interface KeyActions {
  /** Moves the choice down (1) or up (-1). */
  readonly move: (by: 1 | -1) => void;
  readonly nextError: () => void;
  readonly search: () => void;
  readonly clear: () => void;
  readonly showView: (index: number) => void;
  readonly switchTheme: () => void;
  readonly help: () => void;
}

export const KEYS: readonly (readonly [string, string])[] = [
  ['↓ j', 'next request'],
  ['↑ k', 'previous request'],
  ['e', 'next request with an error'],
  ['/', 'search'],
  ['Esc', 'clear the search, close'],
  ['1 2 3', 'requests, logs, metrics'],
  ['t', 'light, dark, as the system'],
  ['?', 'these keys'],
];

function act(key: string, actions: KeyActions): boolean {
  switch (key) {
    case 'j':
    case 'ArrowDown':
      actions.move(1);
      return true;
    case 'k':
    case 'ArrowUp':
      actions.move(-1);
      return true;
    case 'e':
      actions.nextError();
      return true;
    case '/':
      actions.search();
      return true;
    case 'Escape':
      actions.clear();
      return true;
    case '1':
    case '2':
    case '3':
      actions.showView(Number(key) - 1);
      return true;
    case 't':
      actions.switchTheme();
      return true;
    case '?':
      actions.help();
      return true;
    default:
      return false;
  }
}

export function useKeyboard(actions: KeyActions): void {
  // Of the newest rendering: two keys may come before one is painted.
  const current = useRef(actions);
  current.current = actions;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target instanceof HTMLInputElement;
      if (typing && !/^(Escape|ArrowDown|ArrowUp)$/.test(event.key)) return;
      if (act(event.key, current.current)) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
