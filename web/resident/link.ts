/** The header that carries the private link's token: an address would stand in logs, histories and `Referer`. */
export const LINK_HEADER = 'Nagara-Link';

export const linkHeader = (token: string | null): Record<string, string> => (token ? { [LINK_HEADER]: token } : {});
