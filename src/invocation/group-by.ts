/** Groups in the order of their first items, as `Map.groupBy` of Node.js 21; items without a key are in none. */
export function groupBy<T, K>(
  items: readonly T[],
  keyOf: (item: T) => K | undefined,
): Map<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
