// The AWS CLI as the one way to AWS: its credentials, regions and profiles are the user's, and every call can be
// printed, repeated by hand, and replaced by a stand-in in tests.
import { spawnSync } from 'node:child_process';

export interface AwsCli {
  /** Standard output. @throws AwsError when the CLI is not there or fails. */
  run(args: readonly string[]): string;
}

export class AwsError extends Error {}

export function createAwsCli(common: readonly string[]): AwsCli {
  return {
    run(args) {
      const all = [...args, ...common, '--output', 'json', '--no-cli-pager'];
      const { status, stdout, stderr, error } = spawnSync('aws', all, {
        encoding: 'utf8',
        maxBuffer: 256 * 1024 * 1024,
      });
      if (error !== undefined)
        throw new AwsError(`aws: expected the AWS CLI in PATH, got ${error.message}`);
      if (status === 0) return stdout;
      throw new AwsError(
        `aws ${args.slice(0, 2).join(' ')}: ${stderr.trim() || `exit code ${String(status)}`}`,
      );
    },
  };
}
