// Names and values, sorted by name.
import type { PageAttributes } from '../page-data';

export function AttributeTable({
  attributes,
  caption,
}: {
  readonly attributes: PageAttributes;
  readonly caption: string;
}) {
  const entries = Object.entries(attributes).sort(([a], [b]) => a.localeCompare(b));
  if (entries.length === 0) return null;
  return (
    <table class="attributes">
      <caption>{caption}</caption>
      <tbody>
        {entries.map(([key, value]) => (
          <tr key={key}>
            <th scope="row">{key}</th>
            <td>{String(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
