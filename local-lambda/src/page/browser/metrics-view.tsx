// Every metric series as a row: what was counted, how it was distributed.
import type { PageMetric } from '../page-data';
import { formatQuantity } from './format';

function Shape({ shape }: { readonly shape: readonly number[] }) {
  if (shape.length < 2) return null;
  return (
    <svg
      class="shape"
      viewBox={`0 0 ${shape.length} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {shape.map((share, index) => (
        <rect
          key={index}
          x={index + 0.1}
          y={1 - Math.max(share, 0.04)}
          width={0.8}
          height={Math.max(share, 0.04)}
        />
      ))}
    </svg>
  );
}

function Row({ metric }: { readonly metric: PageMetric }) {
  const { name, unit, kind, count, sum, p50, p95, max, attributes } = metric;
  const quantity = (value: number | undefined): string =>
    value === undefined ? '' : formatQuantity(value, unit);
  const total = kind === 'histogram' ? (count ?? 0) : quantity(sum);
  return (
    <tr>
      <th scope="row">
        {name}
        <span class="metric-attributes">
          {Object.entries(attributes).map(([key, value]) => (
            <span key={key} class="attribute">
              {key}={String(value)}
            </span>
          ))}
        </span>
      </th>
      <td class="number strong">{total}</td>
      <td class="number">{quantity(p50)}</td>
      <td class="number">{quantity(p95)}</td>
      <td class="number">{quantity(max)}</td>
      <td>
        <Shape shape={metric.shape} />
      </td>
    </tr>
  );
}

export function MetricsView({ metrics }: { readonly metrics: readonly PageMetric[] }) {
  if (metrics.length === 0) return <p class="empty">No metrics.</p>;
  return (
    <div class="scroll">
      <table class="metrics">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col">Total</th>
            <th scope="col">p50</th>
            <th scope="col">p95</th>
            <th scope="col">Max</th>
            <th scope="col">Distribution</th>
          </tr>
        </thead>
        <tbody>
          {metrics.map((metric) => (
            <Row key={`${metric.name} ${JSON.stringify(metric.attributes)}`} metric={metric} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
