/** What a picture is called on somebody's disk: by its prompt, as far as file systems take it. */
const LONGEST = 60;

export interface NamedPicture {
  readonly mediaType: string;
  readonly recipe: { readonly prompt: string } | null;
}

/** "a red circle, above" becomes `a-red-circle-above.png`. */
export function fileName({ recipe, mediaType }: NamedPicture): string {
  const words = (recipe?.prompt ?? '').toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const name = [...words.join('-')].slice(0, LONGEST).join('').replace(/-$/, '');
  return `${name || 'picture'}.${mediaType.replace('image/', '').replace('jpeg', 'jpg')}`;
}
