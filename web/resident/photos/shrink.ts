/**
 * A photo as small as it can be sent: at most 2048 pixels a side, upright, JPEG. Drawing it anew also leaves behind
 * where and with what it was taken.
 */
const LONGEST_SIDE = 2048;
const QUALITY = 0.82;
/** What a browser cannot open but the city can: kept as it is up to this size. */
const HEIC = /^image\/hei[cf]/;
const LARGEST_AS_IS = 12 * 1024 * 1024;

export class NotAPhoto extends Error {}

async function decoded(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file, { imageOrientation: 'from-image' });
}

/** Fails with `NotAPhoto` where it is none, or none that can be read here. */
export async function shrink(file: File): Promise<Blob> {
  let picture: ImageBitmap;
  try {
    picture = await decoded(file);
  } catch {
    if (HEIC.test(file.type) && file.size <= LARGEST_AS_IS) return file;
    throw new NotAPhoto(file.name);
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext('2d');
  if (!pen) throw new NotAPhoto(file.name);
  // JPEG knows no transparency: without a ground it would turn black.
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new NotAPhoto(file.name))), 'image/jpeg', QUALITY);
  });
}
