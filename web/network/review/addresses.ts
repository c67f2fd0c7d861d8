/** Addresses of the API that the review's pages use. */
const network = '/api/v1/network';
const reviews = `${network}/reports/reviews`;
const federation = `${network}/federation`;
const one = (id: string): string => `${reviews}/${encodeURIComponent(id)}`;

export const at = {
  reports: `${network}/reports`,
  published: (report: string) => `${network}/reports/${encodeURIComponent(report)}`,
  reviews,
  corrections: `${reviews}/corrections`,
  review: one,
  page: (id: string) => `${one(id)}/page`,
  comments: (id: string) => `${one(id)}/comments`,
  move: (id: string, move: string) => `${one(id)}/${encodeURIComponent(move)}`,
  notices: `${network}/review-notices`,
  noticesRead: `${network}/review-notices/read`,
  noticeChoice: `${network}/review-notices/choice`,
  appointments: `${network}/appointments`,
  endAppointment: (id: string) => `${network}/appointments/${encodeURIComponent(id)}/end`,
  members: `${federation}/members`,
  bundles: `${federation}/bundles`,
  keys: `${federation}/keys`,
  retireKey: (id: string) => `${federation}/keys/${encodeURIComponent(id)}/retire`,
} as const;
