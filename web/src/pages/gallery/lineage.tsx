/** Where a picture comes from and what came of it, as a small tree. */
import type { JSX } from 'react';
import { Link } from 'wouter';

import { Picture } from '../../components/picture';
import { useText } from '../../i18n';
import { COMMON } from '../../i18n/common';
import type { GalleryImageQuery, StudioThumbnailFragment } from './gql/graphql';
import styles from './lineage.module.css';
import { GALLERY } from './messages';

type ImageWithLineage = Extract<GalleryImageQuery['node'], { readonly __typename: 'Image' }>;

interface TreeNode {
  readonly image: StudioThumbnailFragment;
  readonly children: readonly TreeNode[];
  /** Children that are not shown. */
  readonly hidden: number;
}

interface WithSource extends StudioThumbnailFragment {
  readonly source?: WithSource | null;
}

interface WithDerivatives extends StudioThumbnailFragment {
  readonly derivatives?: { readonly totalCount: number; readonly edges: readonly { readonly node: WithDerivatives }[] };
}

/** From the oldest source that is known, down through the picture to what came of it. */
export function treeOf(image: ImageWithLineage): TreeNode {
  let tree = downFrom(image);
  for (let source: WithSource | null | undefined = image.source; source; source = source.source) {
    tree = { image: source, children: [tree], hidden: 0 };
  }
  return tree;
}

function downFrom(image: WithDerivatives): TreeNode {
  const children = image.derivatives?.edges.map(({ node }) => downFrom(node)) ?? [];
  return { image, children, hidden: (image.derivatives?.totalCount ?? 0) - children.length };
}

export interface LineageProps {
  readonly tree: TreeNode;
  /** Id of the picture that is looked at. */
  readonly here: string;
}

export function Lineage({ tree, here }: LineageProps): JSX.Element {
  const text = useText(GALLERY);
  return (
    <nav aria-label={text.lineage}>
      <ul role="list" className={styles.tree}>
        <Branch tree={tree} here={here} />
      </ul>
    </nav>
  );
}

function Branch({ tree: { image, children, hidden }, here }: LineageProps): JSX.Element {
  const text = useText(GALLERY);
  const { picture } = useText(COMMON);
  const words = image.recipe?.prompt ?? picture;
  return (
    <li>
      <Link
        href={`/image/${encodeURIComponent(image.id)}`}
        className={styles.step}
        aria-current={image.id === here ? 'page' : undefined}
      >
        <span className={styles.thumbnail}>
          <Picture image={image} url={image.smallUrl} alt="" />
        </span>
        <span className={styles.words}>{words}</span>
      </Link>
      {children.length > 0 && (
        <ul role="list" className={styles.branches}>
          {children.map((child) => (
            <Branch key={child.image.id} tree={child} here={here} />
          ))}
          {hidden > 0 && <li className={styles.hidden}>{text.more(hidden)}</li>}
        </ul>
      )}
    </li>
  );
}
