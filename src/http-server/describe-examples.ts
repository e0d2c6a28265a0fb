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
