// Why an upstream could not be asked, or what it said does not count: in words for whoever asked, so they name no address
// of ours or theirs. What names them is for the log of whoever runs the node.

import { AllFailed, type ExchangeFailed } from './exchange-failed.ts';

const BY_CODE: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, 'it refuses connections'],
  [/^(ENOTFOUND|EAI_\w+)$/, 'its name cannot be looked up'],
  [/CERT|SIGNATURE/, 'its certificate is not accepted'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'it closed the connection'],
  [/^(EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'it cannot be reached'],
  [/^(HPE_\w+|HTTPParserError|UND_ERR_\w+)$/, 'what it sends is no HTTP'],
];

/** Half a sentence about it, without its name. */
export function troubleWith(error: ExchangeFailed): string {
  if (error instanceof AllFailed) return troubleWith(error.first);
  if (error.reason === 'refused-address') return 'it leads to an address that is not public';
  if (error.reason !== 'network' || error.cause === undefined) return error.message;
  const { code, name } = error.cause as NodeJS.ErrnoException;
  return BY_CODE.find(([codes]) => codes.test(code ?? name))?.[1] ?? 'the connection failed';
}
