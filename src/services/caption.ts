/** What is asked for a caption: the default question of the Nexus-Gen models for a picture without one. */
export const CAPTION_QUESTION = 'Please give a brief description of the image.';
