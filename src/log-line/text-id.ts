// The request that a text line names: `aws_request_id=…` and the like, or else a UUID among its words.
import type { HeadDraft } from './log-line';
import { isUuid, RUST_INVOKE_SPAN, toRequestId } from './request-id';

const UUID = /(?<![\w-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/i;
/** The names of Lambda's request id, then the general ones, as loggers print their context. */
const NAMED_ID =
  /(?<![\w.])(AWSRequestId|awsRequestId|aws_request_id|function_request_id|faas\.invocation_id|requestId|request_id)"?[=:] ?"?([\w-]{1,128})/;
/** A cheap first check: most lines contain neither, so the names and the id need not be searched for. */
const NAME_HINT = /equest|faas/;
const UUID_HINT = /-\w{4}-\w{4}-\w{4}-/;
const TRUSTED_NAME = /^(?:aws|function|faas)/i;

/** Adds an id that the line names, or else a UUID among its words. */
export function addId(shown: string, head: HeadDraft): void {
  const named = NAME_HINT.test(shown) ? NAMED_ID.exec(shown) : null;
  const id = toRequestId(named?.[2]);
  if (id === undefined) {
    if (UUID_HINT.test(shown)) head.possibleRequestId = UUID.exec(shown)?.[0];
    return;
  }
  const isTrusted =
    TRUSTED_NAME.test(named?.[1] ?? '') ||
    (isUuid(id) && shown.includes(`${RUST_INVOKE_SPAN}{requestId="${id}"`));
  if (isTrusted) head.requestId = id;
  else head.possibleRequestId = id;
}
