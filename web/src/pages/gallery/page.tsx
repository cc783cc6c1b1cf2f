/** All pictures, the newest first. */
import { useInfiniteQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { Link } from 'wouter';

import { Button } from '../../components/button';
import { EmptyState } from '../../components/empty-state';
import { Picture } from '../../components/picture';
import { useText } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { gateway } from '../../lib/gateway';
import { GalleryImagesDocument } from './gql/graphql';
import { GALLERY } from './messages';
import styles from './page.module.css';

export default function GalleryPage(): JSX.Element {
  const text = useText(GALLERY);
  const common = useText(COMMON);
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['images'],
    queryFn: ({ pageParam, signal }) => gateway.request(GalleryImagesDocument, { after: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ images: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
  });
  const images = data?.pages.flatMap((page) => page.images.edges.map(({ node }) => node)) ?? [];
  if (error && !data) return <EmptyState title={errorText(common, error)} />;
  if (data && images.length === 0) {
    return (
      <EmptyState title={text.empty}>
        <p>{text.emptyHelp}</p>
        <Link href="/">{text.draw}</Link>
      </EmptyState>
    );
  }
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <h1>{text.title}</h1>
        {data?.pages[0] && <span>{text.count(data.pages[0].images.totalCount)}</span>}
      </div>
      <ul className={styles.grid}>
        {images.map((image) => (
          <li key={image.id}>
            <Link href={`/image/${encodeURIComponent(image.id)}`}>
              <Picture image={image} url={image.smallUrl} alt={image.recipe?.prompt ?? common.picture} />
            </Link>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {text.more}
        </Button>
      )}
    </div>
  );
}
