/** Why a move is not possible now, in the language of the console; the API's own sentence is English. */
import type { Move } from '@shared/api/types';
import { label, nameOf } from '@shared/i18n/i18n.svelte';
import { signedIn } from '../session.svelte';
import type { Detail } from '../shapes';
import { w } from '../words';

const CLOSED = ['resolved', 'declined', 'withdrawn', 'duplicate'];
const PAUSED = ['waiting_reporter', 'on_hold', 'referred'];

export function whyNot(request: Detail, move: Move): string {
  const { status } = request;
  const now = label('status', status);
  switch (move.hindered_by) {
    case 'role':
      return w('staff.why_not.role', { role: label('staff.role', signedIn()?.role ?? '') });
    case 'department':
      return w('staff.why_not.department', { department: request.department ? nameOf(request.department.names) : '' });
    case 'status':
      if (status === 'withdrawn') return w('staff.why_not.withdrawn', { status: now });
      if (CLOSED.includes(status)) return w('staff.why_not.closed', { status: now });
      if (PAUSED.includes(status) && move.starts.includes('in_progress')) return w('staff.why_not.paused', { status: now });
      return w('staff.why_not.status', {
        status: now,
        statuses: move.starts.map((one) => label('status', one)).join(', '),
      });
    default:
      return move.why_not ?? '';
  }
}
