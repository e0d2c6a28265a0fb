// What the examples of several descriptions show.

export const MODEL = '88.118.10001/OAK-CHAIR';

/** A value as it is answered. */
export const NAME_VALUE = {
  index: 2000,
  type: 'PRODUCT_NAME',
  data: { format: 'string', value: '橡木椅 / Oak chair' },
  ttl: 86_400,
  timestamp: '2026-11-23T03:51:48Z',
};

export const SITE_EXAMPLE = {
  version: 1,
  protocolVersion: '2.11',
  serialNumber: 1,
  primarySite: true,
  multiPrimary: false,
  attributes: [{ name: 'desc', value: 'Jiabiao 88.118' }],
  servers: [
    {
      serverId: 1,
      address: '192.0.2.10',
      publicKey: { format: 'key', value: { kty: 'RSA', n: 'sXch…', e: 'AQAB' } },
      interfaces: [{ query: true, admin: true, protocol: 'TCP', port: 2641 }],
    },
  ],
};

/** Of O=Oak Works, CN=erp, signed by itself: its private key is nobody's. */
export const certificateExample = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUPxuwiVBlRy5aQZHyILNev5wgID0wCgYIKoZIzj0EAwIw
IjESMBAGA1UECgwJT2FrIFdvcmtzMQwwCgYDVQQDDANlcnAwIBcNMjYxMTI1MjAw
MTQ1WhgPMjEyNjExMDEyMDAxNDVaMCIxEjAQBgNVBAoMCU9hayBXb3JrczEMMAoG
A1UEAwwDZXJwMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnGfc0zdcFI7sWky4
mxhYtUrkjXESqEx2WUn2sKX3eSxkMlTqGR/1X+rqygrdNFkUqiLXA4PC/uPFqczP
nvBGCKNTMFEwHQYDVR0OBBYEFFayssWwrMeB5XLMB/LjUPTDbUXJMB8GA1UdIwQY
MBaAFFayssWwrMeB5XLMB/LjUPTDbUXJMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDSAAwRQIgZvyJYmAIt+PXqQaO1u1uqpxZQxkMBLbwbyCx18GpOyYCIQDc
qQIPnFUt+LZM9dVr1Xz4CZDGFne4Gb0ph3+3nR/ZSA==
-----END CERTIFICATE-----
`;
