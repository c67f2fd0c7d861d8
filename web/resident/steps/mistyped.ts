/** Addresses that are probably not the ones meant: one slip away from a mail service that very many people use. */

const SERVICES = [
  'gmail.com', 'googlemail.com', 'yahoo.com', 'ymail.com', 'hotmail.com', 'outlook.com', 'live.com', 'icloud.com',
  'msn.com', 'aol.com', 'mail.com', 'email.com', 'proton.me', 'protonmail.com', 'yandex.com', 'qq.com', '163.com',
  'yahoo.co.id', 'yahoo.com.ph', 'yahoo.com.sg', 'yahoo.com.vn', 'yahoo.co.th',
] as const;
/** So short a name is one letter from many others. */
const LEAST_LETTERS = 8;

/** Whether one becomes the other by one letter more, less or changed, or two that changed places. */
export function oneSlipAway(one: string, other: string): boolean {
  if (one === other) return false;
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  if (long.length - short.length > 1) return false;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start += 1;
  if (long.length > short.length) return short.slice(start) === long.slice(start + 1);
  const swapped = short[start] === long[start + 1] && short[start + 1] === long[start];
  return short.slice(start + 1) === long.slice(start + 1) || (swapped && short.slice(start + 2) === long.slice(start + 2));
}

/** The address that was probably meant, or null. */
export function meant(email: string): string | null {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1).toLowerCase();
  if (at < 1 || (SERVICES as readonly string[]).includes(domain)) return null;
  const service = SERVICES.find((one) => one.length >= LEAST_LETTERS && oneSlipAway(one, domain));
  return service ? `${email.slice(0, at)}@${service}` : null;
}

/** A telephone number as one reads it aloud; anything else as it is. */
export function inGroups(phone: string): string {
  const digits = phone.replaceAll(/[\s().-]/g, '');
  if (!/^\+?\d{6,15}$/.test(digits)) return phone;
  return digits.replaceAll(/(\d)(?=(\d{3})+$)/g, '$1\u00a0');
}
