// node:util: callbacks as promises.

type Callback<T> = (error: Error | null, value: T) => void;

export function promisify<Arguments extends unknown[], T>(
  call: (...values: [...Arguments, Callback<T>]) => void,
): (...values: Arguments) => Promise<T> {
  return (...values) =>
    new Promise((resolve, reject) => {
      call(...values, (error, value) => {
        if (error instanceof Error) reject(error);
        else resolve(value);
      });
    });
}
