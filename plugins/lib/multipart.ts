/** A body of multipart/form-data. */
import { randomBytes } from 'node:crypto';

export type FormField =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly file: Uint8Array; readonly fileName: string; readonly type: string };

export function multipart(fields: readonly FormField[]): { readonly contentType: string; readonly body: Buffer } {
  const boundary = `darkroom-${randomBytes(16).toString('hex')}`;
  const parts = fields.flatMap((field) => {
    const file = 'file' in field ? `; filename="${field.fileName}"\r\ncontent-type: ${field.type}` : '';
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${field.name}"${file}\r\n\r\n`;
    return [Buffer.from(head), 'file' in field ? field.file : Buffer.from(field.value), Buffer.from('\r\n')];
  });
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
