// Command line of the demo.
import { parseArgs } from 'node:util';
import { typed } from '../cli/command-line';

export interface DemoArguments {
  readonly jaeger: boolean;
  /** Undefined: no page. */
  readonly uiPort: number | undefined;
  readonly skipBuild: boolean;
}

export type ParsedArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }
  | { readonly kind: 'run'; readonly arguments: DemoArguments };

export const USAGE = `usage: ${typed('demo')} [options]

Runs a sample function with the layer in a local Lambda (cold start, warm invocations, logs
in text and JSON, an exception, a crash, a timeout, recoveries), receives what the layer exports and
shows it: the traces as waterfalls, the metrics, the logs.

      --ui PORT     show it on a page at http://127.0.0.1:PORT too (0: any free port), until Ctrl-C
      --jaeger      send the traces to a real Jaeger in docker, until Ctrl-C; --ui 0 where no docker answers
      --skip-build  take the layer as it is built; else it is built where a source is newer
  -h, --help        this text

  OTEL_EXPORTER_OTLP_ENDPOINT (or one per signal)   send there instead; the demo says where to look
  NO_COLOR, FORCE_COLOR, COLUMNS                    colours and width of the output

Exit code: 0 everything arrived, 1 not, 2 wrong use.
`;

export function parseDemoArguments(args: readonly string[]): ParsedArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        jaeger: { type: 'boolean', default: false },
        ui: { type: 'string' },
        'skip-build': { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const { jaeger, ui, 'skip-build': skipBuild } = values;
    if (ui !== undefined && !(/^\d{1,5}$/.test(ui) && Number(ui) <= 65_535)) {
      return { kind: 'wrong', message: `--ui: expected a port from 0 to 65535, got '${ui}'` };
    }
    const uiPort = ui === undefined ? undefined : Number(ui);
    return { kind: 'run', arguments: { jaeger, uiPort, skipBuild } };
  } catch (error) {
    return { kind: 'wrong', message: (error as Error).message };
  }
}
