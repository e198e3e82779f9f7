// `… | head`: whoever reads has seen enough, and there is nobody to tell of it.

/** Ends the process, and what it runs, once its standard output is closed. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}
