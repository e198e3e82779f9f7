// Command line of the demo.
import { parseArgs } from 'node:util';

export interface DemoArguments {
  readonly jaeger: boolean;
  readonly collector: boolean;
  readonly skipBuild: boolean;
}

export type ParsedArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }
  | { readonly kind: 'run'; readonly arguments: DemoArguments };

export const usage = `npm run demo [-- options]

Builds the layer, runs a sample function with it in a local Lambda (cold start, warm invocations, logs
in text and JSON, an exception, a crash, a timeout, recoveries), receives what the layer exports and
shows it: the traces as waterfalls, the metrics, the logs. Exits 0 only if everything arrived.

  --jaeger      send the traces to a real Jaeger (installed on first use; needs Go) and print the links
  --collector   the same with an OpenTelemetry Collector in between
  --skip-build  take build/layer as it is
  --help        this text

  OTEL_EXPORTER_OTLP_ENDPOINT (or one per signal)   send there instead; the demo says where to look
  NO_COLOR, FORCE_COLOR, COLUMNS                    colours and width of the output
`;

export function parseDemoArguments(args: readonly string[]): ParsedArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        jaeger: { type: 'boolean', default: false },
        collector: { type: 'boolean', default: false },
        'skip-build': { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const { jaeger, collector, 'skip-build': skipBuild } = values;
    return { kind: 'run', arguments: { jaeger, collector, skipBuild } };
  } catch (error) {
    return { kind: 'wrong', message: (error as Error).message };
  }
}
