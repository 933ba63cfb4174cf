// The types that figure and quiz share.

/** Attributes of an element, as `make` sets them. */
export type Attributes = Record<string, string | number | boolean>;
