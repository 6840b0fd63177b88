/** For so many milliseconds after it is shown what consents to something takes neither a click nor a key. */
export const CONSENT_DELAY_MS = 500;
