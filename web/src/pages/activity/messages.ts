import type { Catalogue } from '../../i18n';

/** A duration in the largest unit of which there is at least one. */
function duration(seconds: number, units: readonly [string, string, string, string]): string {
  const [days, hours, minutes] = [seconds / 86_400, seconds / 3_600, seconds / 60];
  if (days >= 1) return `${Math.floor(days)} ${units[0]}`;
  if (hours >= 1) return `${Math.floor(hours)} ${units[1]}`;
  if (minutes >= 1) return `${Math.floor(minutes)} ${units[2]}`;
  return `${Math.floor(seconds)} ${units[3]}`;
}

const en = {
  title: 'Activity',
  now: 'Now',
  running: 'Running tasks',
  waiting: 'Waiting tasks, the next one first',
  counts: (running: number, waiting: number) => `${running} running, ${waiting} waiting`,
  up: (seconds: number) => `up for ${duration(seconds, ['d', 'h', 'min', 's'])}`,
  idle: 'Nothing to do.',
  more: (count: number) => `and ${count} more`,
  showMore: (count: number) => `Show ${count} more`,
  reply: 'Answer in a conversation',
  conversation: 'conversation',
  priority: (priority: number) => `priority ${priority > 0 ? '+' : ''}${priority}`,
  eta: (seconds: number) => `done in ${seconds < 1 ? 'under 1' : Math.round(seconds)} s`,
  took: (ms: number) => `${(ms / 1_000).toFixed(1)} s`,
  recent: 'Done lately',
  stepTimes: 'Time of a denoising step',
  stepTimesHelp: 'Time of a denoising step in the last tasks that drew',
  kinds: { GenerationTask: 'drawing', EditTask: 'edit', UnderstandingTask: 'question', ReplyTask: 'reply' },
  status: { QUEUED: 'waiting', RUNNING: 'running', SUCCEEDED: 'done', FAILED: 'failed', CANCELLED: 'cancelled' },
  plugins: 'Plugins',
  models: 'Models',
  calls: 'Calls',
  callCounts: (calls: number, failed: number) => (failed === 0 ? String(calls) : `${calls}, ${failed} failed`),
  underWay: 'Under way',
  callTime: 'Time of a call',
  callTimeHelp: (name: string) => `Median time of a call of ${name}`,
  percentiles: (median: number, p95: number | null) =>
    p95 === null ? `${median.toFixed(1)} ms` : `${Math.round(median)} ms, 95 % under ${Math.round(p95)}`,
  batch: 'Requests in a call',
  memory: 'Memory',
  memoryHelp: (name: string) => `Memory of ${name}`,
  restarts: 'Restarts',
  states: {
    STARTING: 'starting',
    READY: 'ready',
    BUSY: 'busy',
    RESTARTING: 'restarting',
    FAILED: 'failed',
    STOPPED: 'stopped',
  },
  pluginKinds: { VISION_ENCODER: 'vision encoder', LANGUAGE_MODEL: 'language model', IMAGE_DECODER: 'image decoder' },
  can: 'Can',
  capabilities: { GENERATE: 'draw', EDIT: 'edit', UNDERSTAND: 'understand' },
  parts: 'Made of',
  space: 'Embedding space',
  upTo: 'Up to',
  limits: (width: number, height: number, steps: number) => `${width} × ${height} px, ${steps} steps`,
};

const zh: typeof en = {
  title: '动态',
  now: '现在',
  running: '运行中的任务',
  waiting: '等待中的任务，最前面的下一个执行',
  counts: (running, waiting) => `${running} 个运行中，${waiting} 个等待中`,
  up: (seconds) => `已运行 ${duration(seconds, ['天', '小时', '分钟', '秒'])}`,
  idle: '没有任务。',
  more: (count) => `还有 ${count} 个`,
  showMore: (count) => `再显示 ${count} 个`,
  reply: '对话中的回答',
  conversation: '对话',
  priority: (priority) => `优先级 ${priority > 0 ? '+' : ''}${priority}`,
  eta: (seconds) => `${seconds < 1 ? '不到 1' : Math.round(seconds)} 秒后完成`,
  took: (ms) => `${(ms / 1_000).toFixed(1)} 秒`,
  recent: '最近完成',
  stepTimes: '每个去噪步的用时',
  stepTimesHelp: '最近绘图任务中每个去噪步的用时',
  kinds: { GenerationTask: '绘图', EditTask: '编辑', UnderstandingTask: '提问', ReplyTask: '回答' },
  status: { QUEUED: '等待', RUNNING: '运行中', SUCCEEDED: '完成', FAILED: '失败', CANCELLED: '已取消' },
  plugins: '插件',
  models: '模型',
  calls: '调用',
  callCounts: (calls, failed) => (failed === 0 ? String(calls) : `${calls}，其中 ${failed} 次失败`),
  underWay: '进行中',
  callTime: '调用用时',
  callTimeHelp: (name) => `${name} 调用用时的中位数`,
  percentiles: (median, p95) =>
    p95 === null ? `${median.toFixed(1)} 毫秒` : `${Math.round(median)} 毫秒，95% 低于 ${Math.round(p95)}`,
  batch: '每次调用的请求数',
  memory: '内存',
  memoryHelp: (name) => `${name} 的内存`,
  restarts: '重启次数',
  states: {
    STARTING: '启动中',
    READY: '就绪',
    BUSY: '忙碌',
    RESTARTING: '重启中',
    FAILED: '失败',
    STOPPED: '已停止',
  },
  pluginKinds: { VISION_ENCODER: '视觉编码器', LANGUAGE_MODEL: '语言模型', IMAGE_DECODER: '图像解码器' },
  can: '能力',
  capabilities: { GENERATE: '画图', EDIT: '编辑', UNDERSTAND: '理解' },
  parts: '组成',
  space: '嵌入空间',
  upTo: '上限',
  limits: (width, height, steps) => `${width} × ${height} 像素，${steps} 步`,
};

export const ACTIVITY: Catalogue<typeof en> = { en, zh };
