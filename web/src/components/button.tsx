import type { ComponentProps, JSX } from 'react';

import styles from './button.module.css';
import { Icon, type IconName } from './icon';

export interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: 'plain' | 'primary' | 'quiet';
  readonly icon?: IconName;
  readonly isSmall?: boolean;
}

export function Button({
  look = 'plain',
  icon,
  isSmall = false,
  className,
  children,
  ...rest
}: ButtonProps): JSX.Element {
  const classes = [styles.button, styles[look], isSmall && styles.small, className];
  return (
    <button type="button" className={classes.filter(Boolean).join(' ')} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon'> {
  readonly icon: IconName;
  /** What it does: its name for screen readers, and its tooltip. */
  readonly label: string;
}

export function IconButton({ icon, label, look = 'quiet', className, ...rest }: IconButtonProps): JSX.Element {
  return (
    <Button look={look} aria-label={label} title={label} className={`${styles.icon} ${className ?? ''}`} {...rest}>
      <Icon name={icon} />
    </Button>
  );
}
