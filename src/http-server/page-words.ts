// What the page of an identifier says, in Chinese and English: its sentences, and the names of common attributes.

export type Language = 'zh' | 'en';
export const LANGUAGES = ['zh', 'en'] as const satisfies readonly Language[];

/** What a page can be about. */
export type PageKind =
  | 'found'
  | 'recalled'
  | 'learned'
  | 'not-found'
  | 'alias-loop'
  | 'revoked'
  | 'referral'
  | 'not-responsible'
  | 'invalid'
  | 'rate-limited'
  | 'elsewhere'
  | 'unavailable';

interface Sentences {
  readonly title: string;
  readonly text: string;
}

export const SENTENCES = {
  found: {
    zh: { title: '标识有效', text: '该标识已在本节点登记。' },
    en: { title: 'Registered', text: 'This identifier is registered at this node.' },
  },
  recalled: {
    zh: { title: '产品召回', text: '请注意：该产品已被召回，请先阅读以下通知。' },
    en: { title: 'Product recall', text: 'Attention: this product has been recalled. Read the notice first.' },
  },
  learned: {
    zh: { title: '标识有效', text: '该标识由其他节点登记，以下内容来自该节点。' },
    en: { title: 'Registered', text: 'This identifier is registered at another node, which says the following.' },
  },
  'not-found': {
    zh: { title: '未找到该标识', text: '该标识未登记。请核对编码是否完整；若来自产品标签，请谨防假冒。' },
    en: {
      title: 'Not found',
      text: 'This identifier is not registered. Check that the code is complete; if it stands on a label, beware of counterfeits.',
    },
  },
  'alias-loop': {
    zh: { title: '别名过多', text: '该标识的别名指来指去，没有终点，请登记方改正。' },
    en: {
      title: 'Too many aliases',
      text: 'The aliases of this identifier lead nowhere: its registrant should mend them.',
    },
  },
  revoked: {
    zh: { title: '标识已注销', text: '该标识已被登记方注销，不再有效。' },
    en: { title: 'Revoked', text: 'The registrant has revoked this identifier: it is no longer valid.' },
  },
  referral: {
    zh: { title: '由企业节点解析', text: '该标识由企业自有节点负责，请向其查询。' },
    en: { title: 'Kept elsewhere', text: "The enterprise's own node answers for this identifier: ask there." },
  },
  'not-responsible': {
    zh: { title: '不属于本节点', text: '该标识的前缀不由本节点负责。' },
    en: { title: 'Not in our care', text: 'This node is not responsible for the prefix of this identifier.' },
  },
  invalid: {
    zh: { title: '标识格式不正确', text: '标识应形如 88.118.10023/CHAIR-01。' },
    en: { title: 'Not an identifier', text: 'An identifier looks like 88.118.10023/CHAIR-01.' },
  },
  'rate-limited': {
    zh: { title: '查询过于频繁', text: '请稍后再试。' },
    en: { title: 'Too many requests', text: 'Please try again a little later.' },
  },
  elsewhere: {
    zh: { title: '暂时无法查询', text: '该标识由其他节点负责，目前无法向其查询。这不代表标识无效，请稍后再试。' },
    en: {
      title: 'Temporarily unavailable',
      text: 'Another node answers for this identifier and cannot be asked now. This says nothing about the identifier: please try again shortly.',
    },
  },
  unavailable: {
    zh: { title: '暂时无法查询', text: '这不代表标识无效，请稍后再试。' },
    en: { title: 'Temporarily unavailable', text: 'This says nothing about the identifier: please try again shortly.' },
  },
} as const satisfies Record<PageKind, Record<Language, Sentences>>;

export const WORDS = {
  zh: {
    node: '标识解析',
    identifier: '标识',
    reason: '原因',
    revokedBy: '注销对象',
    recalledBy: '召回对象',
    recalledSince: '召回时间',
    updated: '更新时间',
    ask: '查询标识',
    fresh: '不用缓存',
    stay: '只看登记内容，不跳转',
    resolve: '查询',
    other: 'English',
  },
  en: {
    node: 'Identifier resolution',
    identifier: 'Identifier',
    reason: 'Reason',
    revokedBy: 'Revoked with',
    recalledBy: 'Recalled with',
    recalledSince: 'Recalled since',
    updated: 'Updated',
    ask: 'Look up an identifier',
    fresh: 'Pass by the caches',
    stay: 'Show what is registered, follow nothing',
    resolve: 'Look up',
    other: '中文',
  },
} as const satisfies Record<Language, Record<string, string>>;

type Label = readonly [zh: string, en: string];

/** Types in use in this sector, upper case with `_` between words. A type that is not here shows its own name. */
const LABELS: ReadonlyMap<string, Label> = new Map([
  ['PRODUCT_NAME', ['产品名称', 'Product name']],
  ['PRODUCT_NAME_EN', ['英文名称', 'Product name (English)']],
  ['NAME', ['名称', 'Name']],
  ['BRAND', ['品牌', 'Brand']],
  ['MODEL', ['型号', 'Model']],
  ['SERIES', ['系列', 'Series']],
  ['CATEGORY', ['品类', 'Category']],
  ['SKU', ['货号', 'SKU']],
  ['GTIN', ['商品条码', 'GTIN']],
  ['BATCH', ['批次', 'Batch']],
  ['SERIAL', ['序列号', 'Serial number']],
  ['MANUFACTURER', ['生产企业', 'Manufacturer']],
  ['ORIGIN', ['产地', 'Origin']],
  ['PLANT', ['工厂', 'Plant']],
  ['LINE', ['产线', 'Production line']],
  ['PRODUCED_AT', ['生产时间', 'Produced']],
  ['FINISHED_AT', ['完工时间', 'Finished']],
  ['PRODUCTION_TIME', ['生产时间', 'Produced']],
  ['PRODUCTION_DATE', ['生产日期', 'Production date']],
  ['EXPIRY', ['有效期至', 'Expires']],
  ['QC_RESULT', ['质检结果', 'Quality inspection']],
  ['QC_INSPECTOR', ['质检员', 'Inspector']],
  ['QC_REPORT', ['质检报告', 'Inspection report']],
  ['CERTIFICATE', ['认证证书', 'Certificate']],
  ['CCC_CERTIFICATE', ['CCC 认证证书', 'CCC certificate']],
  ['STANDARD', ['执行标准', 'Standard']],
  ['WARRANTY_MONTHS', ['保修期（月）', 'Warranty (months)']],
  ['SALES_REGION', ['计划销售区域', 'Planned sales region']],
  ['DEALER', ['经销商', 'Dealer']],
  ['MANUAL', ['使用说明', 'Manual']],
  ['IMAGE', ['图片', 'Image']],
  ['URL_MANUAL', ['使用说明', 'Manual']],
  ['URL_QC_REPORT', ['质检报告', 'Inspection report']],
  ['URL', ['网址', 'Website']],
  ['EMAIL', ['邮箱', 'E-mail']],
  ['PHONE', ['电话', 'Telephone']],
  ['DESC', ['说明', 'Description']],
  ['DESCRIPTION', ['说明', 'Description']],
  ['REMARK', ['备注', 'Remark']],
  ['COLOR', ['颜色', 'Colour']],
  ['MATERIAL', ['材质', 'Material']],
  ['WEIGHT', ['重量', 'Weight']],
  ['DIMENSIONS', ['尺寸', 'Dimensions']],
  ['BOARD_TYPE', ['板材类型', 'Board type']],
  ['FORMALDEHYDE_CLASS', ['甲醛释放等级', 'Formaldehyde class']],
  ['PACKAGE', ['包装件', 'Package']],
  ['WATER_EFFICIENCY_GRADE', ['水效等级', 'Water efficiency grade']],
  ['WATER_EFFICIENCY', ['水效等级', 'Water efficiency grade']],
  ['FLOW_RATE', ['流量', 'Flow rate']],
  ['POWER', ['功率', 'Power']],
  ['LUMINOUS_FLUX', ['光通量', 'Luminous flux']],
  ['COLOR_TEMPERATURE', ['色温', 'Colour temperature']],
  ['CRI', ['显色指数', 'Colour rendering index']],
  ['IP_RATING', ['防护等级', 'IP rating']],
  ['VOLTAGE', ['额定电压', 'Rated voltage']],
  ['FREQUENCY', ['额定频率', 'Rated frequency']],
  ['ENERGY_LABEL', ['能效等级', 'Energy label']],
  ['NOISE', ['噪声', 'Noise']],
]);

/** `Product-Name`, `product_name` and `PRODUCT NAME` are the same. */
function wordsOf(type: string): string {
  return type.toUpperCase().replace(/[-. ]+/g, '_');
}

/** A type's name for people. */
export function labelOf(type: string, language: Language): string {
  const label = LABELS.get(wordsOf(type));
  return label === undefined ? type : label[language === 'zh' ? 0 : 1];
}

/** Types that can head a page, best first. */
const HEADINGS = {
  zh: ['PRODUCT_NAME', 'NAME', 'MODEL'],
  en: ['PRODUCT_NAME_EN', 'PRODUCT_NAME', 'NAME', 'MODEL'],
} as const satisfies Record<Language, readonly string[]>;

/** How well a type heads a page: the less the better; -1 if it does not. */
export function headingRank(type: string, language: Language): number {
  return (HEADINGS[language] as readonly string[]).indexOf(wordsOf(type));
}
