// Credentials in a proxy URL become a Proxy-Authorization header (RFC 9110 §11.7.2).
import { basicCredentials } from '../settings/endpoint';

export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  return { 'proxy-authorization': basicCredentials(username, password) };
}
