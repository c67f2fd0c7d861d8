/** What a department, or a person within it, has open. */
import type { Names } from '@shared/api/types';

export interface Load {
  department: { code: string; names: Names };
  assignee: string | null;
  open: number;
  overdue: number;
  due_soon: number;
  escalated: number;
  waiting: number;
  oldest_received_at: string | null;
  median_age_hours: number;
}
