import type { Catalogue } from '../../i18n';

const en = {
  title: 'Activity',
  count: (count: number) => (count === 1 ? '1 task' : `${count} tasks`),
  empty: 'Nothing was done yet',
  reply: 'Answer in a conversation',
  status: { QUEUED: 'waiting', RUNNING: 'running', SUCCEEDED: 'done', FAILED: 'failed', CANCELLED: 'cancelled' },
};

const zh: typeof en = {
  title: '动态',
  count: (count) => `${count} 个任务`,
  empty: '还没有任务',
  reply: '对话中的回答',
  status: { QUEUED: '等待', RUNNING: '运行中', SUCCEEDED: '完成', FAILED: '失败', CANCELLED: '已取消' },
};

export const ACTIVITY: Catalogue<typeof en> = { en, zh };
