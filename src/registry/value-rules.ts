// What a set of values must be like to be stored. Pure; who may write which type is authorization's question.

import { type ByteString, bytesFromText, isUtf8, textFromBytes, utf8Length } from '../domain/bytes.ts';
import { HandleError, type Saying } from '../domain/error.ts';
import { parseHandle } from '../domain/handle.ts';
import { type HandleValue, PUBLIC_READ, sameValue, type ValueReference } from '../domain/handle-value.ts';
import { MAX_RECORD_BYTES, MAX_REFERENCES, MAX_TYPE_LENGTH, MAX_VALUE_BYTES, MAX_VALUES } from '../domain/limits.ts';
import { RECALL_INDEX } from '../domain/recall.ts';

const MIN_INT32 = -0x8000_0000;
const MAX_INT32 = 0x7fff_ffff;
const MAX_UINT32 = 0xffff_ffff;
const ALL_PERMISSIONS = 0b1111;
/** Fixed part of an encoded value: index, timestamp, TTL and its kind, permissions and three lengths (RFC 3651 §3.1). */
const VALUE_OVERHEAD_BYTES = 26;
const REFERENCE_OVERHEAD_BYTES = 8;

const CONTROL = /[\x00-\x1f\x7f-\x9f]/;
const PLAIN_TYPE = /^[\x21-\x7e]+$/;
const SECRET_KEY = bytesFromText('HS_SECKEY');

/** Throws `INVALID_VALUE` at the first rule broken, its place as a JSON pointer within the registration. */
export function assertValues(values: readonly HandleValue[]): void {
  if (values.length > MAX_VALUES) {
    throw invalid('/values', {
      en: `A record has at most ${MAX_VALUES} values, this one has ${values.length}: divide it.`,
      zh: `一个标识最多 ${MAX_VALUES} 个值，这里有 ${values.length} 个：请拆分。`,
    });
  }
  let bytes = 0;
  let previousIndex = 0;
  let ascending = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as HandleValue;
    bytes += assertValue(value, i);
    if (value.index <= previousIndex) ascending = false;
    previousIndex = value.index;
  }
  if (!ascending) assertUniqueIndexes(values);
  if (bytes > MAX_RECORD_BYTES) {
    throw invalid('/values', {
      en: `All values together take ${bytes} bytes, at most ${MAX_RECORD_BYTES} fit: shorten them.`,
      zh: `所有值共 ${bytes} 字节，最多 ${MAX_RECORD_BYTES} 字节：请缩短。`,
    });
  }
}

function assertUniqueIndexes(values: readonly HandleValue[]): void {
  const seen = new Set<number>();
  for (let i = 0; i < values.length; i++) {
    const { index } = values[i] as HandleValue;
    if (seen.has(index)) {
      throw invalid(`/values/${i}/index`, {
        en: `Index ${index} is given twice: every value needs an index of its own.`,
        zh: `索引 ${index} 出现两次：每个值须有自己的索引。`,
      });
    }
    seen.add(index);
  }
}

/** The bytes it takes in a message. */
function assertValue(value: HandleValue, i: number): number {
  const { index, data, ttl, timestamp, permissions } = value;
  if (!isIntegerWithin(index, 1, MAX_INT32)) {
    throw invalid(`/values/${i}/index`, {
      en: `Index ${index} is none: use a whole number from 1 to ${MAX_INT32}.`,
      zh: `${index} 不是索引：请用 1 到 ${MAX_INT32} 的整数。`,
    });
  }
  assertType(value, i);
  if (data.length > MAX_VALUE_BYTES) {
    throw invalid(`/values/${i}/data`, {
      en: `Value ${index} has ${data.length} bytes of data, at most ${MAX_VALUE_BYTES} fit: store the document elsewhere and its URL here.`,
      zh: `索引 ${index} 的值有 ${data.length} 字节，最多 ${MAX_VALUE_BYTES} 字节：请把文档存到别处，这里填网址。`,
    });
  }
  // The reference server takes relative TTLs below 0, which keep nothing, as 0 does.
  if (!isIntegerWithin(ttl, value.ttlIsAbsolute ? 0 : MIN_INT32, value.ttlIsAbsolute ? MAX_UINT32 : MAX_INT32)) {
    throw invalid(`/values/${i}/ttl`, {
      en: `TTL ${ttl} of value ${index} is none: use whole seconds.`,
      zh: `索引 ${index} 的 TTL ${ttl} 无效：请用整秒数。`,
    });
  }
  if (!isIntegerWithin(timestamp, 0, MAX_UINT32)) {
    throw invalid(`/values/${i}/timestamp`, {
      en: `Timestamp ${timestamp} of value ${index} is out of range: leave it out.`,
      zh: `索引 ${index} 的时间戳 ${timestamp} 超出范围：请去掉。`,
    });
  }
  if (!isIntegerWithin(permissions, 0, ALL_PERMISSIONS)) {
    throw invalid(`/values/${i}/permissions`, {
      en: `Permissions of value ${index} must be four bits, such as 1110.`,
      zh: `索引 ${index} 的权限须为四位 0 或 1，例如 1110。`,
    });
  }
  return VALUE_OVERHEAD_BYTES + value.type.length + data.length + assertReferences(value, i);
}

function assertType(value: HandleValue, i: number): void {
  const { type, index } = value;
  const objection = objectionToType(type);
  if (objection !== null) {
    throw invalid(`/values/${i}/type`, {
      en: `The type of value ${index} ${objection.en}.`,
      zh: `索引 ${index} 的类型${objection.zh}。`,
    });
  }
  if ((value.permissions & PUBLIC_READ) !== 0 && type.toUpperCase() === SECRET_KEY) {
    throw invalid(`/values/${i}/permissions`, {
      en: `Value ${index} is a secret key that anyone could read: use 1100.`,
      zh: `索引 ${index} 的值是密钥，而任何人都可读：请用权限 1100。`,
    });
  }
}

function objectionToType(type: ByteString): Saying | null {
  if (!PLAIN_TYPE.test(type)) {
    if (type.length === 0) return { en: 'is empty: name one, such as URL', zh: '为空：请填写，例如 URL' };
    if (!isUtf8(type)) return { en: 'is not well-formed UTF-8: send UTF-8', zh: '不是有效的 UTF-8：请使用 UTF-8' };
    const text = textFromBytes(type);
    if (CONTROL.test(text)) return { en: 'has a control character: remove it', zh: '含有控制字符：请删除' };
    if (text.trim() !== text) return { en: 'begins or ends with a space: remove it', zh: '首尾有空格：请删除' };
  }
  if (type.length > MAX_TYPE_LENGTH && textFromBytes(type).length > MAX_TYPE_LENGTH) {
    return {
      en: `is longer than ${MAX_TYPE_LENGTH} characters: shorten it`,
      zh: `超过 ${MAX_TYPE_LENGTH} 个字符：请缩短`,
    };
  }
  if (!type.endsWith('.')) return null;
  return {
    en: 'ends with ".", which names a family in questions: complete it',
    zh: '以“.”结尾，那是查询用的类别：请写全',
  };
}

function assertReferences(value: HandleValue, i: number): number {
  const { references, index } = value;
  if (references.length === 0) return 0;
  if (references.length > MAX_REFERENCES) {
    throw invalid(`/values/${i}/references`, {
      en: `Value ${index} has more than ${MAX_REFERENCES} references: leave some out.`,
      zh: `索引 ${index} 的值有超过 ${MAX_REFERENCES} 个引用：请减少。`,
    });
  }
  let bytes = 0;
  references.forEach((reference, j) => {
    bytes += assertReference(reference, `/values/${i}/references/${j}`);
  });
  return bytes;
}

function assertReference(reference: ValueReference, at: string): number {
  if (!isIntegerWithin(reference.index, 0, MAX_INT32)) {
    throw invalid(`${at}/index`, {
      en: `A reference's index is a whole number from 0 to ${MAX_INT32}.`,
      zh: `引用的索引须为 0 到 ${MAX_INT32} 的整数。`,
    });
  }
  try {
    parseHandle(reference.handle, () => false);
  } catch (cause) {
    if (!(cause instanceof HandleError)) throw cause;
    throw new HandleError('INVALID_VALUE', cause.message, { cause, at: `${at}/handle`, zh: cause.zh });
  }
  return REFERENCE_OVERHEAD_BYTES + utf8Length(reference.handle);
}

function isIntegerWithin(number: number, least: number, most: number): boolean {
  return Number.isInteger(number) && number >= least && number <= most;
}

function invalid(at: string, { en, zh }: Saying): HandleError {
  return new HandleError('INVALID_VALUE', en, { at, zh });
}

/** The place of a recall's notice is no writer's. What stood there before it was one may stay. */
export function assertNoNotice(values: readonly HandleValue[], before: readonly HandleValue[]): void {
  const place = values.findIndex(({ index }) => index === RECALL_INDEX);
  if (place < 0) return;
  const given = values[place] as HandleValue;
  if (before.some((value) => sameValue(value, given))) return;
  throw new HandleError(
    'INVALID_VALUE',
    `Index ${RECALL_INDEX} holds the notice of a recall and is not written as a value: leave it out; recall or lift a recall instead.`,
    { at: `/values/${place}/index`, zh: `索引 ${RECALL_INDEX} 是召回通知，不作为值写入：请去掉，改用召回或撤销召回。` },
  );
}
