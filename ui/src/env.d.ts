interface ImportMetaEnv {
  /** Portlight's version, from package.json. */
  readonly VITE_VERSION: string;
}
