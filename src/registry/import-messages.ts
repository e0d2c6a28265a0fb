// What each error code means to a manufacturer who reads an import report, in Chinese and English. The detail beside it
// says what is wrong in this row.

import type { ErrorCode, Saying } from '../domain/error.ts';

const MESSAGES = {
  INVALID_HANDLE: { zh: '标识编码不符合规则', en: 'The identifier is malformed' },
  INVALID_PREFIX: { zh: '前缀不符合规则', en: 'The prefix is malformed' },
  INVALID_VALUE: { zh: '属性值不符合规则', en: 'A value breaks a rule' },
  INVALID_REQUEST: { zh: '该行格式有误', en: 'The row is malformed' },
  MALFORMED_MESSAGE: { zh: '报文格式有误', en: 'The message is malformed' },
  PAYLOAD_TOO_LARGE: { zh: '该行过长', en: 'The row is too large' },
  UNSUPPORTED_MEDIA_TYPE: { zh: '不支持的内容类型', en: 'The media type is not supported' },
  UNSUPPORTED_METHOD: { zh: '不支持的操作', en: 'The operation is not supported' },
  UNAUTHENTICATED: { zh: '密钥无效或已过期', en: 'The key is unknown or has expired' },
  FORBIDDEN: { zh: '该密钥无权登记此标识', en: 'The key may not register this identifier' },
  INSUFFICIENT_PERMISSIONS: { zh: '缺少此操作的权限', en: 'The permission for this is missing' },
  NOT_FOUND: { zh: '标识不存在', en: 'The identifier does not exist' },
  REVOKED: { zh: '标识已作废', en: 'The identifier is revoked' },
  NOT_RESPONSIBLE: { zh: '本节点不负责该前缀', en: 'This node is not responsible for the prefix' },
  ALREADY_EXISTS: { zh: '标识已存在', en: 'The identifier exists already' },
  VALUE_EXISTS: { zh: '该索引的值已存在', en: 'A value of this index exists already' },
  VALUES_NOT_FOUND: { zh: '没有该索引的值', en: 'There is no value of this index' },
  REVISION_CONFLICT: { zh: '标识已被他人修改', en: 'The identifier was changed by someone else' },
  INVALID_PARENT: { zh: '上级标识无效', en: 'The parent is not valid' },
  LOT_OVERLAP: { zh: '与已有号段重叠', en: 'The range overlaps another lot' },
  INVALID_LOT_CODE: { zh: '不是该号段的有效编码', en: 'Not a code of the lot it lies in' },
  INVALID_TEMPLATE: { zh: '模板无效', en: 'The template is not valid' },
  INVALID_STATE: { zh: '当前状态不允许此操作', en: 'Its state does not allow this' },
  IDEMPOTENCY_MISMATCH: { zh: '重复提交的内容不一致', en: 'A repeated request had other content' },
  IDEMPOTENCY_IN_PROGRESS: { zh: '相同请求正在处理', en: 'The same request is being carried out' },
  RATE_LIMITED: { zh: '请求过于频繁，请稍后再试', en: 'Too many requests, try later' },
  OVERLOADED: { zh: '节点繁忙，请稍后再试', en: 'The node is busy, try later' },
  UPSTREAM_UNAVAILABLE: { zh: '上级或外部节点暂不可用', en: 'Another node could not be asked' },
  STORE_READ_ONLY: { zh: '节点暂不能写入', en: 'The node cannot write at present' },
  STORE_UNAVAILABLE: { zh: '节点存储暂不可用', en: 'The node cannot reach its store' },
  LOT_KEY_MISSING: { zh: '节点缺少号段密钥', en: 'The node is without its lot key' },
  STORE_FORMAT: { zh: '节点存储文件有误', en: "The node's store file is not readable" },
  INVALID_CONFIG: { zh: '配置有误', en: 'The configuration is not valid' },
  INTERNAL: { zh: '节点内部错误', en: 'The node made a mistake' },
} satisfies Record<ErrorCode, Saying>;

/** What helps with most rows of a code; the detail says what helps with this one. */
const MENDINGS: Partial<Record<ErrorCode, Saying>> = {
  INVALID_HANDLE: {
    zh: '按“前缀/后缀”填写标识，例如 88.118.10023/CHAIR-01',
    en: 'Write prefix/suffix, such as 88.118.10023/CHAIR-01',
  },
  INVALID_PREFIX: { zh: '核对前缀', en: 'Check the prefix' },
  INVALID_VALUE: { zh: '按详情修改该列的值', en: 'Change the value as the detail says' },
  INVALID_REQUEST: { zh: '按详情修改该行后重新导入', en: 'Mend the row as the detail says and import again' },
  PAYLOAD_TOO_LARGE: { zh: '缩短该行，或拆成几行', en: 'Shorten the row, or divide it' },
  FORBIDDEN: {
    zh: '使用该前缀所属企业的密钥，或联系节点运营方',
    en: "Use the key of the prefix's enterprise, or ask the node's operator",
  },
  NOT_FOUND: { zh: '先登记该标识，或改用新增模式', en: 'Register it first, or import with mode create' },
  REVOKED: { zh: '已作废的标识须先恢复', en: 'Bring the revoked identifier back first' },
  NOT_RESPONSIBLE: { zh: '核对前缀，或在所属节点登记', en: 'Check the prefix, or register at the node it belongs to' },
  ALREADY_EXISTS: {
    zh: '删除文件中重复的行；已登记的标识请改用 update 或 upsert 模式',
    en: 'Remove the row if the file repeats it; what is registered already takes mode update or upsert',
  },
  REVISION_CONFLICT: { zh: '重新导入该行', en: 'Import the row again' },
  INVALID_PARENT: {
    zh: '先登记上级标识，且须在同一前缀下',
    en: 'Register the parent first, under the same prefix',
  },
  INVALID_TEMPLATE: {
    zh: '先登记该模板，或改用本前缀或节点的模板',
    en: 'Put the template first, or name one of the prefix or of the node',
  },
  INVALID_LOT_CODE: {
    zh: '与标签核对该编码，或另选号段之外的后缀',
    en: 'Compare the code with its label, or choose a suffix outside of the lot',
  },
  INVALID_STATE: { zh: '按详情先改变其状态', en: 'Change its state first, as the detail says' },
};
const MENDING: ReadonlyMap<string, Saying> = new Map(Object.entries(MENDINGS));
const ASK: Saying = {
  zh: '重新导入；仍有问题请联系节点运营方',
  en: "Import again; if it fails, ask the node's operator",
};

const BY_CODE: ReadonlyMap<string, Saying> = new Map(Object.entries(MESSAGES));
const UNKNOWN: Saying = { zh: '未登记', en: 'Not registered' };

/** For a code as it came over the network, so it may be one this program does not know. */
export function messageOf(code: string): Saying {
  return BY_CODE.get(code) ?? UNKNOWN;
}

export function mendingOf(code: string): Saying {
  return MENDING.get(code) ?? ASK;
}
