// The servers of one scenario file: started together, stopped together whatever happened, and their output printed
// when a test failed, for then it says why.
export interface StoppableServer {
  output(): string;
  stop(): Promise<void>;
}

export interface Servers {
  /** Remembers the server and passes it on. */
  add<T extends StoppableServer>(server: T): T;
  stopAll(): Promise<void>;
  /** Wraps a test: on failure its error carries the newest output of every server. */
  explained(test: () => Promise<void>): () => Promise<void>;
}

const TAIL_CHARS = 4000;

export function createServers(): Servers {
  const running: StoppableServer[] = [];
  const outputs = (): string =>
    running.map((server) => server.output().slice(-TAIL_CHARS)).join('\n--- next server ---\n');
  return {
    add: (server) => {
      running.push(server);
      return server;
    },
    stopAll: async () => {
      await Promise.all(running.splice(0).map((server) => server.stop()));
    },
    explained: (test) => async () => {
      try {
        await test();
      } catch (error) {
        process.stderr.write(`output of the servers:\n${outputs()}\n`);
        throw error;
      }
    },
  };
}
