// Keys that strangers have made up, as cryptography takes them: what it says of those that are none is told apart from defects.

/** Whether OpenSSL, or Node in front of it, has refused a key, a group or a signature that it was given. */
export function isKeyRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('ERR_OSSL_') || code.startsWith('ERR_CRYPTO_');
}
