// The help in one language, which is a file of its own in the build.

import type { HelpPage } from '../../../help-pages.ts';

const files = import.meta.glob<HelpPage>('../../../../docs/help/en/*.md', { eager: true, import: 'default' });

export default files;
