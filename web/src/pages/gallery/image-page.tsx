/** One picture, large. */
import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link } from 'wouter';

import { EmptyState } from '../../components/empty-state';
import { Picture } from '../../components/picture';
import { useText } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { gateway } from '../../lib/gateway';
import { GalleryImageDocument } from './gql/graphql';
import { GALLERY } from './messages';
import styles from './page.module.css';

export default function ImagePage({ id }: { readonly id: string }): JSX.Element | null {
  const text = useText(GALLERY);
  const common = useText(COMMON);
  const { data, error } = useQuery({
    queryKey: ['image', id],
    queryFn: ({ signal }) => gateway.request(GalleryImageDocument, { id }, { signal }),
  });
  if (error) return <EmptyState title={errorText(common, error)} />;
  if (!data) return null;
  const image = data.node?.__typename === 'Image' ? data.node : null;
  if (image === null) return <EmptyState title={text.gone} />;
  return (
    <div className={styles.page}>
      <Link href="/gallery">{text.back}</Link>
      <h1>{image.recipe?.prompt ?? common.picture}</h1>
      <div className={styles.large}>
        <Picture image={image} alt={image.recipe?.prompt ?? common.picture} isLazy={false} />
      </div>
    </div>
  );
}
