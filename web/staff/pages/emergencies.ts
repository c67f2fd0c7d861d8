/** The kinds of emergency the network knows; the API refuses any other. */
export const EMERGENCY_KINDS = ['flood', 'storm', 'earthquake', 'epidemic', 'drought', 'fire', 'haze', 'unrest', 'other'] as const;
