/** The studio: starts React on the page, with what every page needs around it. */
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App, loadOtherPages } from './app';
import { ErrorBoundary } from './components/error-boundary';
import { queryClient } from './lib/gateway';
import './styles/tokens.css';
import './styles/base.css';

const root = document.querySelector('#root');
if (root === null) throw new Error('The page has no #root.');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <ErrorBoundary>
        <App />
      </ErrorBoundary>
    </QueryClientProvider>
  </StrictMode>,
);
window.addEventListener('load', () => setTimeout(() => void loadOtherPages(), 500));
