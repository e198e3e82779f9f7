// Which URLs lead to this very machine: there a Collector extension may listen, that is gone at SHUTDOWN
// before we are.

/** `localhost` in any spelling, 127.0.0.0/8, ::1. False for what is no URL. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  // URL writes addresses in one way: 127.1 as 127.0.0.1.
  const host = new URL(url).hostname.replace(/\.$/, '');
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d+){3}$/.test(host);
}
