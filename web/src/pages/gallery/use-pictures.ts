/** The pictures that a wish names: a list that is read as far as it is looked at, or the nearest ones of a search by look. */
import { type InfiniteData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

import { gateway } from '../../lib/gateway';
import {
  GalleryImagesDocument,
  type GalleryImagesQuery,
  GallerySimilarDocument,
  type StudioThumbnailFragment,
} from './gql/graphql';
import type { Wish } from './wish';

export interface Pictures {
  /** The first ones, as far as they are known. */
  readonly known: readonly StudioThumbnailFragment[];
  /** Of all of them, known or not. */
  readonly count: number;
  readonly isPending: boolean;
  readonly error: unknown;
  /** Reads on until the picture at this place is known, one page with each call. */
  readonly readTo: (index: number) => void;
}

const NONE: readonly StudioThumbnailFragment[] = [];

export function usePictures(wish: Wish): Pictures {
  const bySimilarity = wish.like !== null || (wish.by === 'look' && wish.words !== '');
  const list = useList(wish, !bySimilarity);
  const similar = useSimilar(wish, bySimilarity);
  return bySimilarity ? similar : list;
}

function useList({ words, origin }: Wish, isWanted: boolean): Pictures {
  const query = useInfiniteQuery({
    queryKey: ['images', words, origin],
    queryFn: ({ pageParam, signal }) =>
      gateway.request(
        GalleryImagesDocument,
        { after: pageParam, filter: { search: words || null, origin } },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ images: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    enabled: isWanted,
    // Every page that was read would be read again.
    refetchOnWindowFocus: false,
    placeholderData: (before) => before,
  });
  const { data, error, isPending, hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = query;
  const known = useMemo(() => knownOf(data), [data]);
  const readTo = useCallback(
    (index: number) => {
      // After a failure everything is read again once the gateway answers.
      const mayRead = hasNextPage && !isFetching && !isFetchNextPageError;
      if (index >= known.length && mayRead) void fetchNextPage();
    },
    [known.length, hasNextPage, isFetching, isFetchNextPageError, fetchNextPage],
  );
  return { known, count: data?.pages[0]?.images.totalCount ?? 0, isPending, error, readTo };
}

function knownOf(data: InfiniteData<GalleryImagesQuery> | undefined): readonly StudioThumbnailFragment[] {
  return data?.pages.flatMap(({ images }) => images.edges.map(({ node }) => node)) ?? NONE;
}

const nothingToRead = () => undefined;

function useSimilar({ words, origin, like }: Wish, isWanted: boolean): Pictures {
  const { data, error, isPending } = useQuery({
    queryKey: ['similar', like, like === null ? words : null],
    queryFn: async ({ signal }) => {
      const wanted = like === null ? { text: words } : { imageId: like };
      const { similarImages } = await gateway.request(GallerySimilarDocument, wanted, { signal });
      return similarImages.map(({ image }) => image);
    },
    enabled: isWanted,
    placeholderData: (before) => before,
  });
  const known = useMemo(
    () => data?.filter((image) => origin === null || image.origin === origin) ?? NONE,
    [data, origin],
  );
  return { known, count: known.length, isPending, error, readTo: nothingToRead };
}
