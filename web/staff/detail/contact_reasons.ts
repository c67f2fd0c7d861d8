/** What people most often need a contact for, offered so that a true reason is quicker to give than an invented one. */
export const CONTACT_REASONS = ['reason_place', 'reason_visit', 'reason_answer'] as const;
