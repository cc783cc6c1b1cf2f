import type { Catalogue } from '../../i18n';

const en = {
  title: 'Gallery',
  count: (count: number) => (count === 1 ? '1 picture' : `${count} pictures`),
  empty: 'No picture yet',
  emptyHelp: 'What is drawn, edited or uploaded will stand here.',
  draw: 'Draw one',
  more: 'More',
  gone: 'This picture is not here',
  back: 'Back to the gallery',
};

const zh: typeof en = {
  title: '图库',
  count: (count) => `${count} 张图片`,
  empty: '还没有图片',
  emptyHelp: '画出、编辑或上传的图片会出现在这里。',
  draw: '画一张',
  more: '更多',
  gone: '这里没有这张图片',
  back: '回到图库',
};

export const GALLERY: Catalogue<typeof en> = { en, zh };
