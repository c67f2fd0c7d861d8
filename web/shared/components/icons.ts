/**
 * Line icons by network code, drawn on a 24 x 24 grid. A city whose services use a code that is not here gets the
 * short text of its own `icon` instead.
 */
const ring = (x: number, y: number, r: number): string =>
  `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;

const BIN = 'M6 8h12l-1 12H7ZM4.5 8h15M10 11.500v5M14 11.500v5';
const WAVES = 'M3 16q2.25-1.8 4.5 0t4.5 0 4.5 0 4.5 0M3 20q2.25-1.8 4.5 0t4.5 0 4.5 0 4.5 0';

export const SERVICE_ICONS: Readonly<Record<string, string>> = {
  waste_missed: `M2.5 6.500h10.500v9.500H2.500ZM13 10h4l3.5 3.200V16H13${ring(7, 17.5, 1.8)}${ring(17, 17.5, 1.8)}`,
  waste_overflow: `${BIN}M8 8q0-3.5 2.5-3 .8-2 2.7-.6 2.8-.4 2.8 3.6`,
  waste_dumping: 'M9 6q3-2.5 6 0l-1.5 2.500q6 3 5.5 11.500H5q-.5-8.5 5.5-11.500ZM10.5 8.500h3M2 20h20',
  waste_burning: 'M12 3q1 3.5 3.5 5.500T18 14a6 6 0 0 1-12 0q0-3 2.5-5 .5 2 1.8 2.500Q9.5 6.5 12 3ZM4 21.500h16',
  street_dirty: 'M18.5 3 11 12M8.5 11l5 4.2-1.8 5.300L4 16.500ZM8 14.500l-2 3M11 16.700l-1.3 2.600M15 20.500h6M17 17.500h3',
  road_pothole: 'M7.5 3 3 21M16.5 3 21 21M12 3v2.500M12 8v2M8 15.500q1-2.2 3-1.7 2-1.5 4 .2 2.3.6.8 2.5-1 2-4 1.5-3.5.4-3.8-2.500Z',
  footpath_damaged: 'M3 5h18v14H3ZM3 12h18M9 5v7M15 12v7M12 12l1.5 2.5-2 1.5 1.5 3M16 5l-1 3 1.5 1.500L16 12',
  traffic_device: `M8 3h8v14H8ZM12 17v4.500M9 21.500h6${ring(12, 6, 1.2)}${ring(12, 10, 1.2)}${ring(12, 14, 1.2)}`,
  drain_blocked: 'M4 5h16v14H4ZM8 8.500v7M12 8.500v7M16 8.500v7',
  flooding: `${WAVES}M5.5 12.500V9L12 4l6.5 5v3.500M10.5 12.500V9.500h3v3`,
  waterway_dirty: `${WAVES}M9 4h6M10 4v2.500L8.5 9v3.500h7V9L14 6.500V4`,
  street_light: 'M7 21.500V6q0-3 3-3h3.500q2 0 3 2l.5 1.500M13 6.500h8L19 10h-4ZM4.5 21.500h5M15.5 13v1.500M18.5 13v1.500M17 13.500v3',
  water_supply: 'M9 4h6M12 4v3M4 9q0-2 2-2h8q4 0 4 4v2h-3.500v-1.500q0-.8-1-.8H6q-2 0-2-1.700ZM16.2 16q2 2.6 2 3.700a2 2 0 0 1-4 0q0-1.1 2-3.700Z',
  sewage: `M4 4h6v6H4ZM10 5.500h4q4 0 4 4V11h-4v-1.500H10M16 11v2.5${WAVES}`,
  tree_hazard: 'M12 21.500V11M12 15l3.5-2.500M7 14.500a4 4 0 0 1-1-7.3 5 5 0 0 1 9.6-1.6 4.5 4.5 0 0 1 2.4 8.600q-3 1-6-.7-3 1.9-5 1ZM8 21.500h8',
  park_facility: 'M5 3.500h14M6.5 3.5 4 21M17.5 3.5 20 21M10 3.500V14M14 3.500V14M9 14h6v1.800H9Z',
  stray_animal: `M8 12.500q4-3 8 0 3 3.5 1 6-2.5 1.5-5 0-2.5 1.5-5 0-2-2.5 1-6Z${ring(5, 11, 1.5)}${ring(19, 11, 1.5)}${ring(9.5, 6.5, 1.7)}${ring(14.5, 6.5, 1.7)}`,
  mosquito: 'M12 7v9M12 16l-1 5.500M12 9.500Q6 3 3.5 6T12 11M12 9.500q6-6.5 8.5-3.500T12 11M11 13l-5 2.500L5 20M13 13l5 2.5 1 4.500M12 7V3',
  pest: `M4 17q0-7 8-7 5 0 7 3.500l2 2-3 1.500ZM4 17q-2 .5-2 2.500T5 21h4M9.5 17v2M14.5 17v2${ring(17, 9, 2)}`,
  noise: 'M4 9.500h3.500L12 5v14l-4.5-4.500H4ZM15.5 9q1.8 3 0 6M18.5 6.500q3.6 5.5 0 11',
  air: 'M3 9h10.500a2.5 2.5 0 1 0-2.5-2.500M3 13h15a2.5 2.5 0 1 1-2.5 2.500M3 17h8a2 2 0 1 1-2 2',
  parking: 'M4 3.500h16v17H4ZM9.5 17V7H13a3 3 0 0 1 0 6H9.5',
  obstruction: 'M3 7h18v5H3ZM6 12v8.500M18 12v8.500M6.5 12l4-5M12 12l4-5M3.5 20.500h5M15.5 20.500h5',
  building: 'M5 21V6l7-3 7 3v15ZM9 9h1.500M13.5 9H15M9 13h1.500M13.5 13H15M12.5 21l-1.5-2.5 2-1.5-1-2.500M3 21h18',
  public_toilet: `${ring(7, 5, 1.7)}${ring(17, 5, 1.7)}M4.5 9h5v6H8.500v6h-3v-6h-1ZM17 9l-3 7h1.500v5h3v-5H20ZM12 3v18`,
  cable_pole: 'M12 2.500v19M6 6h12M7.5 10h9M6 6q-1.5 4-4 4.500M18 6q1.5 4 4 4.500M15.5 13l-2.5 4h3L13.5 21',
  other: 'M4 5h16v11H11l-4.5 4v-4H4ZM8 10.500h.01M12 10.500h.01M16 10.500h.01',
};
