// Handles `… | head`: when the reader has seen enough, there is nobody left to write to.

/** Ends this process and its children once standard output is closed. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}
